addThemeButton();
for (const table of document.querySelectorAll("table.sortable")) makeSortable(table);
for (const table of document.querySelectorAll("table.filtered")) addFilters(table);
const viewers = [...document.querySelectorAll("figure.case")]
  .filter((figure) => figure.querySelector("script"))
  .map((figure, index) => new Viewer(figure, index + 1));

/** An address that ends in #case-1:12 shows slice 12 of that case. */
const follow = () => {
  const [id, number] = decodeURIComponent(location.hash.slice(1)).split(":");
  const viewer = viewers.find((viewer) => viewer.figure.id === id);
  if (!viewer || !number) return;
  const position = viewer.data.slices.findIndex((slice) => slice.number === Number(number));
  if (position >= 0) viewer.show(position);
  viewer.figure.scrollIntoView({ block: "center" });
};
window.addEventListener("hashchange", follow);
follow();
