"""What each word of the command line does: one module a command, imported when it is asked."""
