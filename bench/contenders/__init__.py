"""What is compared: one file per gateway, each knowing how it is started, configured and asked.
None of them measures."""
