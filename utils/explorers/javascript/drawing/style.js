// The look of all explorers. Blue is the encoder, green the decoder, orange the code and the context:
// the colours of utils/drawing/colours.py. Text has a contrast of 4.5 to 1 or more on either ground.

export const STYLE = `
  :host { display: block; margin: 1.5rem 0; scroll-margin-top: 4.5rem; }
  * { box-sizing: border-box; }
  .panel {
    --paper: #ffffff; --ink: #1f2530; --muted: #4a5565; --line: #c3cad4; --faint: #eef1f5;
    --blue: #0072b2; --orange: #c04d00; --green: #00755c; --focus: #1a5a96;
    --bar: #0072b2; --mark: #c04d00;
    color-scheme: light;
    position: relative; border: 1px solid var(--line); border-radius: 8px; padding: 14px;
    background: var(--paper); color: var(--ink);
    font: 15px/1.45 -apple-system, BlinkMacSystemFont, "Segoe UI", Roboto, "Noto Sans",
      "Liberation Sans", "Narrow Quotes", "PingFang SC", "Hiragino Sans GB", "Noto Sans CJK SC",
      "Noto Sans SC", "Source Han Sans SC", "Microsoft YaHei", sans-serif;
  }
  /* Paper is white, whatever the page's theme. */
  @media screen {
    .panel[data-theme="dark"] {
      --paper: #1a212c; --ink: #dbe2ea; --muted: #a9b4c2; --line: #3a4757; --faint: #27303d;
      --blue: #5cb4f2; --orange: #ff8f4a; --green: #35c99d; --focus: #8ec5ff;
      --bar: #5cb4f2; --mark: #ff8f4a;
      color-scheme: dark;
    }
  }
  /* On the panel's edge, so that nothing moves when it goes. */
  .hint-first {
    position: absolute; top: 0; left: 14px; max-width: calc(100% - 28px); margin: 0;
    padding: 1px 10px; transform: translateY(-50%); border: 1px solid var(--focus);
    border-radius: 12px; background: var(--paper); color: var(--focus); font-size: 13px;
    font-weight: 600; line-height: 1.4; transition: opacity 0.3s, visibility 0.3s;
  }
  .hint-first[data-away] { visibility: hidden; opacity: 0; }
  .hint-first:empty { display: none; }
  .panel[data-pointed-out] {
    outline: 3px solid var(--focus); outline-offset: -2px; animation: fade-rim 0.3s 1.2s forwards;
  }
  @keyframes fade-rim { to { outline-color: transparent; } }
  .stage {
    display: flex; flex-wrap: wrap; gap: 14px; justify-content: center; align-items: center;
  }
  .stage > * { flex: 1 1 270px; min-width: 0; max-width: 100%; }
  .stage > .whole { flex-basis: 100%; }
  .stage > .small { flex: 0 1 180px; }
  .stage p, .stage h3 { margin: 0; }
  svg { display: block; width: 100%; height: auto; overflow: visible; }
  svg text { fill: var(--ink); font-size: var(--letters, 13px); }
  svg text.muted { fill: var(--muted); }
  .pixels { image-rendering: pixelated; }
  .muted { color: var(--muted); }
  .controls {
    display: grid; grid-template-columns: repeat(auto-fit, minmax(min(250px, 100%), 1fr));
    gap: 12px 22px; margin-top: 14px; align-items: end;
  }
  .control { min-width: 0; margin: 0; padding: 0; border: 0; }
  .wide { grid-column: 1 / -1; }
  .named { display: flex; justify-content: space-between; gap: 10px; margin-bottom: 3px; }
  .named label, legend { padding: 0; font-weight: 600; }
  .control .what-it-does { margin: -3px 0 0; font-size: 13.5px; line-height: 1.3; }
  output { font-variant-numeric: tabular-nums; white-space: nowrap; }
  input[type="range"] { width: 100%; height: 26px; margin: 5px 0 0; accent-color: var(--focus); }
  input[type="text"], select, button {
    width: 100%; min-height: 38px; padding: 6px 10px; font: inherit; color: var(--ink);
    background: var(--faint); border: 1px solid var(--muted); border-radius: 6px;
  }
  select { padding-inline: 6px 0; } /* its arrow needs the room that is left on a phone */
  button { cursor: pointer; font-weight: 600; }
  .choice { display: flex; flex-wrap: wrap; gap: 6px; }
  .choice legend { float: left; width: 100%; margin-bottom: 4px; }
  .choice label { cursor: pointer; }
  .choice input { position: absolute; opacity: 0; }
  .choice span {
    display: block; padding: 5px 12px; border: 1px solid var(--muted); border-radius: 6px;
  }
  .choice input:disabled + span { color: var(--muted); border-style: dashed; cursor: default; }
  .choice input:checked + span {
    background: var(--focus); border-color: var(--focus); color: var(--paper);
  }
  :is(input, select, button, summary, [tabindex]):focus-visible,
  .choice input:focus-visible + span { outline: 3px solid var(--orange); outline-offset: 2px; }
  .printed { display: none; }
  .unseen {
    position: absolute; width: 1px; max-width: 1px; height: 1px; margin: 0; overflow: hidden;
    clip-path: inset(50%); white-space: nowrap;
  }
  @media (forced-colors: active) {
    .stage { forced-color-adjust: none; background: var(--paper); color: var(--ink); }
    .choice input:checked + span {
      forced-color-adjust: none; background: Highlight; border-color: Highlight;
      color: HighlightText;
    }
  }
  @media (prefers-reduced-motion: reduce) {
    .hint-first { transition: none; }
    .panel[data-pointed-out] { animation: none; }
  }
  /* What is dragged follows at once; a step or a key leads there. */
  @media (prefers-reduced-motion: no-preference) {
    .panel:not([data-held]) .glides {
      transition: 0.25s;
      transition-property: x, y, width, height, cx, cy, d, transform, opacity, fill, fill-opacity,
        stroke-width;
    }
  }
  @media print {
    .panel { break-inside: avoid; }
    .controls, .control:not(.stepper), .hint-first, .hint, .invitation, button, details {
      display: none !important;
    }
    .printed { display: block; margin: 12px 0 0; color: var(--muted); text-align: center; }
  }
`;
