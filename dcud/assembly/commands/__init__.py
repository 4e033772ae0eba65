"""What is asked for over MQTT, from its arrival to its answer."""
