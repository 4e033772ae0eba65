"""What a gateway says, by Eclipse Sparkplug 3.0 (its payload format B)."""
