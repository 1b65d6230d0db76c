"""Ingate serves Claude's Messages API the way Microsoft Foundry serves it, anywhere."""

__version__ = "0.1.0"
