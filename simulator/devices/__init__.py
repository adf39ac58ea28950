"""Devices on serial lines, byte by byte. Their encoders are their own, never the edge's."""
