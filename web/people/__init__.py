"""The people of a firm: members, invitations, and who saw and changed what."""
