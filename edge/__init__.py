"""The edge: what runs on a gateway, between its cameras and sensors and the ward's broker."""
