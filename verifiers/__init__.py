"""The shared data sources that confirm what an application says, and the county service that stands for them."""
