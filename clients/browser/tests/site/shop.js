// The application that is watched: it fails in ways that applications fail.
function priceOf(line) {
  return line.price.amount;
}

function failLater(id) {
  setTimeout(() => priceOf({ id }), 0);
}

function rejectLater() {
  Promise.reject(new RangeError("no such currency", { cause: new Error("rates are old") }));
}

addEventListener("DOMContentLoaded", () => {
  document.getElementById("buy").addEventListener("click", () => (document.getElementById("said").textContent += "Bought. "));
  document.getElementById("search").addEventListener("submit", (event) => event.preventDefault());
});
