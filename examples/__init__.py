"""Example applications, the stories behind them, and the script that writes them."""
