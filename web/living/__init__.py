"""The kit shown: every part in every state, with invented figures. For those who build rooms."""
