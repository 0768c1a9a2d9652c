"""Word lists as files, and the script that remakes one of them."""
