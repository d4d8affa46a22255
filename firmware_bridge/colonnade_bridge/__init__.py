"""The way out of the workstation: export and links to robot controllers."""
