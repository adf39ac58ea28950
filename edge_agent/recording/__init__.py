"""Recordings on disk, and a spool filled from one."""
