"""FastAPI, pages, live updates."""
