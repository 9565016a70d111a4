todo = lambda request, slug: None
