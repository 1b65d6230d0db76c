"""placeholder"""

BYTES_PER_OUTPUT_TOKEN = 4


def estimate_output_tokens(content_bytes: int) -> int:
    return -(-content_bytes // BYTES_PER_OUTPUT_TOKEN)
