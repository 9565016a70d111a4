"""A page is a folder: views, presenters, charts and addresses of one subject. Uses the other rooms but the API."""
