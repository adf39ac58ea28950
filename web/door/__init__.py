"""The doors: signing in, the second factor, the first owner, invitations, resets, other providers."""
