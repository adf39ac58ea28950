"""The site file: what it says, whether that is right, what of it may change from afar."""
