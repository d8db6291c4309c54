extension HTML {
  /// The page's style: light and dark, and for paper.
  static let style = HTML(
    safe: """

      :root {
        --ground: #fbfbfa; --panel: #ffffff; --text: #1c2430; --quiet: #5c6675; --line: #dfe3e8;
        --accent: #0f766e; --soft: #d7efeb; --warn: #9a3412; --warn-ground: #fff3e6;
        --c1: #0f766e; --c2: #b45309; --c3: #4f46e5;
        --reference: #22d3ee; --prediction: #ff9f1c;
      }
      @media (prefers-color-scheme: dark) {
        :root {
          --ground: #12161c; --panel: #1a2028; --text: #e6e9ee; --quiet: #9aa5b4; --line: #2e3742;
          --accent: #2dd4bf; --soft: #17443f; --warn: #fdba74; --warn-ground: #3a2412;
          --c1: #2dd4bf; --c2: #f0a94a; --c3: #a5a0ff;
        }
      }
      * { box-sizing: border-box; }
      body {
        margin: 0 auto; max-width: 1180px; padding: 2.5rem 1.5rem 3rem; background: var(--ground);
        color: var(--text); font: 15px/1.5 system-ui, "Segoe UI", Helvetica, Arial, sans-serif;
      }
      header { border-bottom: 3px solid var(--accent); padding-bottom: 1rem; }
      .mark {
        margin: 0; color: var(--accent); font-weight: 600; letter-spacing: .08em; font-size: .8rem;
        text-transform: uppercase;
      }
      h1 { margin: .1rem 0 .3rem; font-size: 2rem; line-height: 1.2; overflow-wrap: anywhere; }
      h2 { margin: 0 0 .3rem; font-size: 1.2rem; }
      h2.run { margin-top: 2.5rem; font-size: 1.5rem; color: var(--accent); }
      h3 { margin: 1.2rem 0 .4rem; font-size: 1rem; }
      .lead { margin: 0; color: var(--quiet); }
      section {
        margin-top: 1.4rem; padding: 1.2rem 1.4rem; background: var(--panel);
        border: 1px solid var(--line); border-radius: 10px;
      }
      .small, figure .small { margin: .2rem 0 .8rem; color: var(--quiet); font-size: .86rem; }
      .note {
        margin: .8rem 0 0; padding: .5rem .8rem; background: var(--warn-ground); color: var(--warn);
        border-radius: 6px; font-size: .9rem;
      }
      .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(180px, 1fr)); gap: .8rem; margin: .8rem 0 1.2rem; }
      .tile { padding: .8rem 1rem; border: 1px solid var(--line); border-radius: 8px; }
      .tile span { display: block; color: var(--quiet); font-size: .82rem; }
      .tile strong { display: block; font-size: 1.9rem; line-height: 1.25; font-variant-numeric: tabular-nums; }
      .tile strong small { font-size: .9rem; font-weight: 500; color: var(--quiet); }
      .wide { overflow-x: auto; }
      table { border-collapse: collapse; width: 100%; font-size: .86rem; font-variant-numeric: tabular-nums; }
      th, td { padding: .3rem .45rem; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
      thead th { color: var(--quiet); font-weight: 600; white-space: normal; border-bottom: 2px solid var(--line); vertical-align: bottom; }
      th:first-child, th.word, td.word { text-align: left; }
      tbody th { font-weight: 500; }
      tr.all th, tr.all td { border-top: 2px solid var(--line); font-weight: 600; }
      tbody tr:hover { background: color-mix(in srgb, var(--soft) 35%, transparent); }
      td small { color: var(--quiet); font-weight: 400; }
      td small.count { display: block; font-size: .74rem; }
      td.best { color: var(--accent); font-weight: 700; }
      td.odd { color: var(--warn); }
      td.bar span {
        display: block; padding: 0 .3rem; border-radius: 3px;
        background: linear-gradient(to right, var(--soft) var(--share), transparent var(--share));
      }
      table.list th, table.list td { text-align: left; white-space: normal; overflow-wrap: anywhere; }
      table.list th { width: 17rem; color: var(--quiet); }
      .code, pre { font: .82rem/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
      pre {
        margin: 0; padding: .9rem 1rem; overflow-x: auto; background: var(--ground);
        border: 1px solid var(--line); border-radius: 6px;
      }
      details { margin-top: 1rem; }
      summary { cursor: pointer; color: var(--quiet); }
      .chart { display: block; width: 100%; height: auto; margin-top: .6rem; }
      .chart text { fill: var(--quiet); font-size: 12px; }
      .chart text.name { fill: var(--text); font-size: 13px; }
      .grid { stroke: var(--line); fill: none; }
      .dot { fill: var(--accent); fill-opacity: .55; stroke: var(--panel); }
      .median { stroke: var(--text); stroke-width: 2.5; }
      .band { fill-opacity: .16; stroke: none; }
      .line { fill: none; stroke-width: 2; stroke-linejoin: round; }
      .band.c1 { fill: var(--c1); } .band.c2 { fill: var(--c2); } .band.c3 { fill: var(--c3); }
      .line.c1 { stroke: var(--c1); } .line.c2 { stroke: var(--c2); } .line.c3 { stroke: var(--c3); }
      .legend { margin: .4rem 0 0; color: var(--quiet); font-size: .84rem; }
      .legend span { margin-right: 1.2rem; }
      .legend span::before {
        content: ""; display: inline-block; width: 1.1rem; height: .28rem; margin-right: .4rem;
        vertical-align: middle; border-radius: 2px; background: currentColor;
      }
      .legend .c1 { color: var(--c1); } .legend .c2 { color: var(--c2); } .legend .c3 { color: var(--c3); }
      .legend .reference::before { background: var(--reference); }
      .legend .prediction::before { background: var(--prediction); }
      .gallery { display: grid; grid-template-columns: repeat(auto-fit, minmax(260px, 1fr)); gap: 1rem; margin-top: .6rem; }
      figure { margin: 0; }
      figcaption { margin-bottom: .35rem; font-size: .9rem; overflow-wrap: anywhere; }
      figcaption .id { color: var(--quiet); }
      figcaption .value { float: right; font-variant-numeric: tabular-nums; }
      .slice { display: block; width: 100%; height: auto; max-height: 420px; border-radius: 6px; background: #0b0e12; }
      .ground { fill: #0b0e12; }
      .outline { fill: none; stroke-width: 2; stroke-linecap: square; }
      .outline.reference { stroke: var(--reference); stroke-width: 4; stroke-opacity: .85; }
      .outline.prediction { stroke: var(--prediction); }
      .absent { padding: 1.2rem; border: 1px dashed var(--line); border-radius: 6px; color: var(--quiet); }
      footer { margin-top: 2rem; color: var(--quiet); font-size: .82rem; }
      @media print {
        :root { color-scheme: light; --ground: #fff; --panel: #fff; --text: #000; --quiet: #444; --line: #bbb; }
        body { max-width: none; padding: 0; font-size: 11px; }
        section { padding: .6rem 0; border: 0; border-radius: 0; }
        .wide { overflow: visible; }
        th, td { padding: .2rem .3rem; }
        figure, tr, .tile, .chart { break-inside: avoid; }
        thead { display: table-header-group; }
        * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
      }

      """)
}
