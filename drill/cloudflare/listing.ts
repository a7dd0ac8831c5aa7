import { type ApiAnswer, answered, type Item } from "./api-request";

/** Words of a query that say how to list, not what. */
const NOT_A_FILTER = new Set(["page", "per_page", "order", "direction", "match", "tag_match"]);

/** Items on a page unless the query says another number. */
const PER_PAGE = 100;

/** A page of what a query asks for: `name=x`, `name.exact=x` and `name.contains=x` of any field. */
export function listed(items: readonly Item[], query: URLSearchParams): ApiAnswer {
  const found = items.filter((item) =>
    [...query].every(([name, wanted]) => NOT_A_FILTER.has(name) || matches(item, name, wanted)),
  );
  const page = positive(query.get("page"), 1);
  const perPage = positive(query.get("per_page"), PER_PAGE);
  const result = found.slice((page - 1) * perPage, page * perPage);
  return answered(result, {
    page,
    per_page: perPage,
    count: result.length,
    total_count: found.length,
    total_pages: Math.ceil(found.length / perPage),
  });
}

function matches(item: Item, name: string, wanted: string): boolean {
  const [field = "", comparison = "exact"] = name.split(".");
  // Accounts are nested, and there is only one here.
  if (field === "account") return true;
  const value = String(item[field]).toLowerCase();
  const text = wanted.toLowerCase();
  return comparison === "contains" ? value.includes(text) : value === text;
}

function positive(text: string | null, absent: number): number {
  const value = Number(text);
  return text !== null && Number.isInteger(value) && value > 0 ? value : absent;
}
