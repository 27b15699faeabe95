"""The whole cycle on fakes, played through many histories."""
