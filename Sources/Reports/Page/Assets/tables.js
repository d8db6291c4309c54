/** What a cell sorts by: a number where it has one, nothing where it is undefined, else its text. */
const sortKey = (row, column) => {
  const cell = row.cells[column];
  const stated = cell.dataset.value;
  if (stated === undefined) return cell.textContent.trim();
  return stated === "" ? null : Number(stated);
};

/** The order of two keys; undefined values come last in either direction. */
const compared = (one, other, direction) => {
  if (one === null || other === null) return (one === null) - (other === null);
  const order = typeof one === "number" && typeof other === "number"
    ? one - other : String(one).localeCompare(String(other), undefined, { numeric: true });
  return direction * order;
};

/** Sorts the rows by a column: ascending first, descending at the second press. */
const sort = (table, header) => {
  const column = header.cellIndex;
  const direction = header.getAttribute("aria-sort") === "ascending" ? -1 : 1;
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  header.setAttribute("aria-sort", direction > 0 ? "ascending" : "descending");
  const body = table.tBodies[0];
  const rows = [...body.rows].map((row) => ({ row, key: sortKey(row, column) }));
  rows.sort((one, other) => compared(one.key, other.key, direction));
  body.append(...rows.map((entry) => entry.row));
};

/** Turns the heads of a table into buttons that sort it. */
const makeSortable = (table) => {
  for (const header of table.tHead.rows[0].cells) {
    const button = element("button", { type: "button" }, ...header.childNodes);
    button.addEventListener("click", () => sort(table, header));
    header.append(button);
  }
};

/** Shows the rows of the chosen class and the typed text only, and says how many they are. */
const addFilters = (table) => {
  const rows = [...table.tBodies[0].rows];
  const classes = [...new Set(rows.map((row) => row.dataset.class))];
  const choice = element("select", {}, element("option", { value: "" }, "all"),
    ...classes.map((name) => element("option", { value: name }, name)));
  const search = element("input", { type: "search", placeholder: "part of a name" });
  const count = element("output", { "aria-live": "polite" });
  const apply = () => {
    const text = search.value.trim().toLowerCase();
    let shown = 0;
    for (const row of rows) {
      const isShown = (choice.value === "" || row.dataset.class === choice.value)
        && row.cells[0].textContent.toLowerCase().includes(text);
      row.hidden = !isShown;
      shown += isShown;
    }
    count.textContent = shown === rows.length ? `${rows.length} rows` : `${shown} of ${rows.length} rows`;
  };
  choice.addEventListener("change", apply);
  search.addEventListener("input", apply);
  apply();
  const tools = element("div", { className: "tools" });
  if (classes.length > 1) tools.append(element("label", {}, "Class", choice));
  tools.append(element("label", {}, "Case", search), count);
  const place = table.closest(".wide");
  (place.previousElementSibling?.matches(".extras") ? place.previousElementSibling : place)
    .before(tools);
};
