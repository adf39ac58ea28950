"""Tools for whoever writes a device profile: begin one, try one, take one over from another program."""
