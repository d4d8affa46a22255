"""The agent: policies, the episode loop, learning, recognition, the command line and reports."""
