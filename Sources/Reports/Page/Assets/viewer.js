/** The slices of a case, its windowing and its outlines, in the drawings that the page already shows. */
class Viewer {
  constructor(figure, number) {
    this.figure = figure;
    this.number = number;
    this.data = JSON.parse(figure.querySelector("script").textContent);
    this.drawings = [...figure.querySelectorAll("svg.slice")];
    this.roles = [...figure.querySelectorAll(".slice .role")];
    this.images = [...figure.querySelectorAll(".slice image")];
    this.position = this.data.start;
    [this.low, this.high] = this.data.window ?? [0, 1];
    this.panel = element("div", { className: "viewer" });
    this.addSlices();
    if (this.images.length) this.addWindow();
    this.addChoices();
    (figure.querySelector(".panels") ?? this.drawings[0]).after(this.panel);
    this.show(this.position);
  }

  /** A labelled slider with the value beside it. */
  addSlider(label, properties, changed) {
    const id = `${label.toLowerCase()}-${this.number}`;
    const slider = element("input", { type: "range", id, ...properties });
    const output = element("output");
    output.htmlFor = id;
    slider.addEventListener("input", () => changed(Number(slider.value)));
    this.panel.append(element("label", { htmlFor: id }, label), slider, output);
    return { slider, output };
  }

  addSlices() {
    const last = this.data.slices.length - 1;
    if (last < 1) return;
    this.slice = this.addSlider("Slice", { min: 0, max: last, step: 1, value: this.position },
      (position) => this.show(position));
  }

  /** Draws a slice: its picture and the outline of each class in each mask, as one line or each filled. */
  show(position) {
    this.position = Math.max(0, Math.min(this.data.slices.length - 1, position));
    const slice = this.data.slices[this.position];
    for (const image of this.images) image.setAttribute("href", `data:image/png;base64,${slice.image}`);
    for (const role of this.roles) {
      const chosen = slice.paths[role.dataset.role]
        .map((path, index) => (this.class === undefined || index === this.class ? path : ""));
      const line = role.classList.contains("filled") ? undefined : chosen.join("");
      role.querySelectorAll("path")
        .forEach((path, index) => path.setAttribute("d", line ?? chosen[index]));
    }
    const words = this.figure.querySelector(".where");
    if (words) words.textContent = words.textContent.replace(/\d+(?= of)/, slice.number);
    if (!this.slice) return;
    this.slice.slider.value = this.position;
    this.slice.slider.setAttribute("aria-valuetext", `slice ${slice.number} of ${this.data.count}`);
    this.slice.output.textContent = `${slice.number} / ${this.data.count}`;
  }

  /** Windowing by a linear map of the stored brightness; the stored range is wider than the window. */
  addWindow() {
    const make = (kind, attributes, ...children) => {
      const made = document.createElementNS(this.drawings[0].namespaceURI, kind);
      for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
      made.append(...children);
      return made;
    };
    this.maps = ["R", "G", "B"].map((channel) => make(`feFunc${channel}`, { type: "linear" }));
    const id = `window-${this.number}`;
    this.drawings[0].prepend(make("filter",
      { id, x: "0", y: "0", width: "1", height: "1", "color-interpolation-filters": "sRGB" },
      make("feComponentTransfer", {}, ...this.maps)));
    for (const image of this.images) image.setAttribute("filter", `url(#${id})`);
    const [least, most] = this.data.range;
    const step = (most - least) / 255;
    this.level = this.addSlider("Brightness", { min: 0, max: 255, step: "any" },
      (place) => this.setWindow(least + (255 - place) * step, this.high - this.low));
    this.contrast = this.addSlider("Contrast", { min: 0, max: 100, step: "any" },
      (place) => this.setWindow((this.low + this.high) / 2, this.widest * Math.pow(0.02, place / 100)));
    this.widest = 2 * (most - least);
    this.setWindow((this.low + this.high) / 2, this.high - this.low);
    for (const drawing of this.drawings) this.addDragging(drawing);
  }

  /** Shows the intensities around `centre` over `width`. */
  setWindow(centre, width) {
    const [least, most] = this.data.range;
    this.low = centre - width / 2;
    this.high = centre + width / 2;
    for (const map of this.maps) {
      map.setAttribute("slope", (most - least) / width);
      map.setAttribute("intercept", (least - this.low) / width);
    }
    const words = (value) => (Math.abs(most - least) < 20 ? value.toPrecision(3) : Math.round(value));
    this.level.slider.value = 255 - 255 * (centre - least) / (most - least);
    this.level.output.textContent = words(centre);
    this.contrast.slider.value = 100 * Math.log(width / this.widest) / Math.log(0.02);
    this.contrast.output.textContent = `± ${words(width / 2)}`;
  }

  /** With the mouse: across for contrast, up and down for brightness, as viewers of scans do. */
  addDragging(drawing) {
    drawing.addEventListener("pointerdown", (start) => {
      if (start.pointerType !== "mouse" || start.button !== 0) return;
      start.preventDefault();
      drawing.setPointerCapture(start.pointerId);
      const [centre, width] = [(this.low + this.high) / 2, this.high - this.low];
      const moved = (event) => {
        const [dx, dy] = [event.clientX - start.clientX, event.clientY - start.clientY];
        this.setWindow(centre + dy * width / 200, Math.min(this.widest,
          Math.max(this.widest * 0.02, width * Math.exp(-dx / 150))));
      };
      drawing.addEventListener("pointermove", moved);
      drawing.addEventListener("pointerup",
        () => drawing.removeEventListener("pointermove", moved), { once: true });
    });
  }

  /** Which masks and which class are drawn, and the way back to the window at the start. */
  addChoices() {
    const row = element("div", { className: "row" });
    for (const name of new Set(this.roles.map((role) => role.dataset.name))) {
      const box = element("input", { type: "checkbox", checked: true });
      box.addEventListener("change", () => {
        for (const role of this.roles) {
          if (role.dataset.name === name) role.classList.toggle("hidden", !box.checked);
        }
      });
      row.append(element("label", {}, box, name));
    }
    if (this.data.classes.length > 1) {
      const choice = element("select", {}, element("option", { value: "" }, "all classes"),
        ...this.data.classes.map((label, index) => element("option", { value: index }, label)));
      choice.id = `class-${this.number}`;
      choice.addEventListener("change", () => {
        this.class = choice.value === "" ? undefined : Number(choice.value);
        this.show(this.position);
      });
      this.panel.append(element("label", { htmlFor: choice.id }, "Class"), choice);
    }
    if (this.images.length) {
      const [low, high] = this.data.window;
      const reset = element("button", { type: "button" }, "Reset");
      reset.title = "Brightness and contrast as at the start";
      reset.addEventListener("click", () => this.setWindow((low + high) / 2, high - low));
      row.append(reset);
    }
    this.panel.append(row);
  }
}
