"""What stands around every page: state, navigation, palette, saved views, comparison, the words for numbers."""
