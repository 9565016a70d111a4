"""What a product promises, measured week by week, and judged against its goals."""
