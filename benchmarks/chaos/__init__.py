"""Faults drawn from a seed, thrown at the whole stack as real processes; then every reading is counted."""
