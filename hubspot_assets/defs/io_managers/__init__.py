"""What an asset returns goes in and becomes a table; tables come back as pandas."""
