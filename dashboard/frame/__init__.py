"""What stands around every page: state, navigation, side bar, shortcuts, saved views, comparison, words for numbers."""
