"""What happens by itself: schedules, the sensor, and the jobs they launch."""
