"""What a script makes the simulator do: rules with answers and faults, sessions, journal of requests, verdict.

A script's text becomes values (`yaml_tree`, `script_reader`), a request is looked at once (`facts`), the first rule
whose conditions hold answers it (`rule_counters`, `scripted_answer`, `stream_faults`), and what happened is kept for
whoever asks (`request_journal`, `verdict`, `administration`). `scripted_simulator` is what others use. Files are read
when a script is loaded, never while a request is answered. What an unscripted answer says is decided elsewhere.
"""
