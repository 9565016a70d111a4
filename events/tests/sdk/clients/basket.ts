// The shop's own code: what stack traces should show instead of the bundle.
export type Line = { sku: string; price?: { amount: number } };

export function priceOf(line: Line): number {
  return line.price!.amount;
}

export function totalOf(lines: Line[]): number {
  return lines.reduce((sum, line) => sum + priceOf(line), 0);
}
