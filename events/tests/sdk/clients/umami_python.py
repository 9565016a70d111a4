"""A server that counts with the package of Umami for Python: `umami_python.py HOST SITE`."""

import sys

import umami

host, site = sys.argv[1:]
umami.set_url_base(host)
umami.set_website_id(site)
umami.set_hostname("shop.example")
answers = [
    umami.new_page_view("Cart", "/cart?who=me", distinct_id="u-1"),
    umami.new_event("order paid", url="/cart", custom_data={"total": 12, "plan": "team"}, distinct_id="u-1"),
    umami.new_revenue_event(12.5, currency="EUR", event_name="upgrade"),
]
assert all("cache" in answer for answer in answers), answers
