"""What goes wrong in the demo's web shop for business customers: a catalogue of faults with their stack traces."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: `value` may hold `{n}`, `{sku}` and `{order}`; `frames` are `file function line source`, the
    outermost first. `weight` is its share of all errors; it happens from `since` to `until`, fractions of the period.
    """

    type: str
    value: str
    route: str
    frames: tuple[str, ...]
    weight: float = 1.0
    since: float = 0.0
    until: float = 1.0
    level: str = "error"
    is_handled: bool = False
    cause: tuple[str, str] | None = None


BACKEND: Sequence[Fault] = (
    Fault("PaymentDeclined", "acquirer answered 402 for order {order}", "POST /checkout/pay",
          ("shop/views/checkout.py pay 61 receipt = payments.charge(order, card=token)",
           "shop/payments/gateway.py charge 112 raise PaymentDeclined(answer.status, order.number)"),
          9, is_handled=True, level="warning"),
    Fault("KeyError", "'vat_rate'", "GET /basket",
          ("shop/views/basket.py show 33 totals = pricing.totals(basket)",
           "shop/pricing/totals.py totals 48 rate = RATES[line.country]['vat_rate']"), 6, since=0.35),
    Fault("OperationalError", "canceling statement due to statement timeout", "GET /catalogue/search",
          ("shop/views/catalogue.py search 90 hits = index.find(query, page=page)",
           "shop/search/index.py find 57 return list(rows[offset : offset + PAGE])"), 7),
    Fault("DoesNotExist", "PriceList matching query does not exist.", "GET /catalogue/{sku}",
          ("shop/views/catalogue.py product 41 price = pricing.price_of(product, customer)",
           "shop/pricing/lists.py price_of 27 return PriceList.objects.get(customer=customer).price(product)"), 5),
    Fault("ReadTimeout", "HTTPSConnectionPool(host='stock.internal', port=443): Read timed out. (read timeout=3)",
          "GET /catalogue/{sku}",
          ("shop/views/catalogue.py availability 77 levels = stock.levels([sku])",
           "shop/stock/client.py levels 38 answer = session.get(url, timeout=3)"), 6, cause=("timeout", "timed out")),
    Fault("IntegrityError", "duplicate key value violates unique constraint \"order_number_once\"",
          "POST /checkout/place",
          ("shop/views/checkout.py place 102 order = orders.place(basket, customer=request.customer)",
           "shop/orders/placing.py place 66 return Order.objects.create(number=next_number(), customer=customer)"),
          3, cause=("UniqueViolation", "Key (number)=({order}) already exists.")),
    Fault("ValidationError", "minimum order value is not reached", "POST /checkout/place",
          ("shop/views/checkout.py place 97 rules.check(basket)",
           "shop/orders/rules.py check 21 raise ValidationError('minimum order value is not reached')"),
          4, is_handled=True, level="info"),
    Fault("AttributeError", "'NoneType' object has no attribute 'discount'", "GET /basket",
          ("shop/views/basket.py show 35 offer = offers.best(basket)",
           "shop/pricing/offers.py best 19 return contract.discount(basket.total)"), 8, since=0.62),
    Fault("Decimal.InvalidOperation", "[<class 'decimal.ConversionSyntax'>]", "shop.tasks.import_prices",
          ("shop/tasks.py import_prices 54 feed.apply(rows)",
           "shop/pricing/feed.py apply 83 amount = Decimal(row['net'])"), 2),
    Fault("UnicodeDecodeError", "'utf-8' codec can't decode byte 0xe4 in position {n}: invalid continuation byte",
          "shop.tasks.import_prices",
          ("shop/tasks.py import_prices 49 rows = feed.read(path)",
           "shop/pricing/feed.py read 31 return list(csv.DictReader(file.read_text().splitlines()))"), 1.5, until=0.7),
    Fault("SoftTimeLimitExceeded", "SoftTimeLimitExceeded()", "shop.tasks.render_invoices",
          ("shop/tasks.py render_invoices 88 invoices.render(order)",
           "shop/invoices/pdf.py render 140 document.write(page)"), 2),
    Fault("ConnectionRefusedError", "[Errno 111] Connection refused", "shop.tasks.send_mails",
          ("shop/tasks.py send_mails 22 mail.flush()", "shop/mail/queue.py flush 44 with smtp.connect() as server:"),
          3, since=0.55, until=0.6),
    Fault("PermissionDenied", "approver limit exceeded", "POST /approvals/{order}",
          ("shop/views/approvals.py approve 29 limits.demand(user, order.total)",
           "shop/approvals/limits.py demand 17 raise PermissionDenied('approver limit exceeded')"),
          2, is_handled=True, level="warning"),
    Fault("MemoryError", "", "GET /reports/sales.xlsx",
          ("shop/views/reports.py sales 51 return workbook.response(rows)",
           "shop/reports/workbook.py response 73 sheet.append([cell.value for cell in row])"), 0.6, level="fatal"),
    Fault("ZeroDivisionError", "division by zero", "GET /dashboard",
          ("shop/views/dashboard.py overview 18 share = statistics.conversion(visits)",
           "shop/reports/statistics.py conversion 12 return orders / visits"), 1.5, since=0.8),
    Fault("SignatureExpired", "Signature age 90012 > 86400 seconds", "GET /punchout/return",
          ("shop/views/punchout.py back 44 session = signer.unsign_object(handle, max_age=DAY)",
           "shop/punchout/signing.py unsign_object 20 raise SignatureExpired(age)"),
          2.5, is_handled=True, level="warning"),
    Fault("LockNotAvailable", "could not obtain lock on row in relation \"stock_reservation\"", "POST /basket/add",
          ("shop/views/basket.py add 58 stock.reserve(sku, quantity)",
           "shop/stock/reservations.py reserve 35 row = rows.select_for_update(nowait=True).get(sku=sku)"),
          4, since=0.2),
    Fault("XMLSyntaxError", "Opening and ending tag mismatch: Item line {n} and Items", "POST /edi/orders",
          ("shop/views/edi.py receive 37 document = parsing.order(request.body)",
           "shop/edi/parsing.py order 26 tree = etree.fromstring(body)"), 1.2),
    Fault("TemplateSyntaxError", "Invalid filter: 'moneyy'", "GET /orders/{order}",
          ("shop/views/orders.py show 24 return render(request, 'orders/show.html', context)",
           "shop/templating.py compile 9 return engine.get_template(name)"), 3, since=0.42, until=0.45, level="fatal"),
    Fault("RateLimited", "carrier API: 429", "shop.tasks.book_shipments",
          ("shop/tasks.py book_shipments 110 carrier.book(shipment)",
           "shop/shipping/carrier.py book 64 raise RateLimited(answer)"), 3, is_handled=True, level="warning"),
)  # fmt: skip

FRONTEND: Sequence[Fault] = (
    Fault("TypeError", "Cannot read properties of undefined (reading 'price')", "/basket",
          ("src/pages/Basket.tsx BasketPage 74 return <Totals lines={lines.map(toLine)} />",
           "src/basket/lines.ts toLine 18 amount: entry.offer.price * entry.quantity,"), 9, since=0.3),
    Fault("ChunkLoadError", "Loading chunk 417 failed.", "/catalogue",
          ("src/routes.tsx load 12 const Catalogue = lazy(() => import('./pages/Catalogue'))",
           "src/lib/retry.ts retry 9 return await load()"), 4),
    Fault("TypeError", "Failed to fetch", "/checkout",
          ("src/pages/Checkout.tsx submit 131 await api.post('/checkout/place', basket)",
           "src/lib/api.ts post 44 const answer = await fetch(url, options)"), 6),
    Fault("RangeError", "Invalid time value", "/orders",
          ("src/pages/Orders.tsx OrderRow 52 <td>{day(order.deliveredAt)}</td>",
           "src/lib/dates.ts day 7 return format.format(new Date(value))"), 3, since=0.5),
    Fault("QuotaExceededError", "Failed to execute 'setItem' on 'Storage': Setting the value exceeded the quota.",
          "/catalogue/compare",
          ("src/pages/Compare.tsx keep 39 storage.save('compare', items)",
           "src/lib/storage.ts save 15 localStorage.setItem(name, JSON.stringify(value))"), 1),
    Fault("ReferenceError", "structuredClone is not defined", "/configurator",
          ("src/pages/Configurator.tsx undo 88 history.push(structuredClone(state))",), 1.5),
    Fault("Error", "Minified React error #418", "/",
          ("src/pages/Home.tsx Home 21 <Greeting now={new Date()} />",
           "src/home/Greeting.tsx Greeting 8 return <h1>{words(now.getHours())}</h1>"), 5, since=0.65),
    Fault("SyntaxError", "Unexpected token '<', \"<!doctype \"... is not valid JSON", "/checkout",
          ("src/pages/Checkout.tsx reload 96 setBasket(await api.get('/basket'))",
           "src/lib/api.ts get 31 return JSON.parse(await answer.text())"), 3, since=0.55, until=0.62),
    Fault("AbortError", "The user aborted a request.", "/catalogue",
          ("src/search/Suggest.tsx suggest 27 const hits = await api.get(`/suggest?q=${text}`)",
           "src/lib/api.ts get 29 const answer = await fetch(url, { signal })"), 2, is_handled=True, level="info"),
    Fault("TypeError", "null is not an object (evaluating 'canvas.getContext')", "/configurator",
          ("src/configurator/Preview.tsx draw 61 const pen = canvas.getContext('2d')",), 1.2, since=0.15),
    Fault("Error", "ResizeObserver loop completed with undelivered notifications.", "/dashboard",
          ("src/charts/Chart.tsx observe 33 observer.observe(frame)",), 2, level="warning"),
)  # fmt: skip
