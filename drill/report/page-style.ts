/** The page's whole look. Colours are variables, so that the picture follows them in light, dark and print. */
export const PAGE_STYLE = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #ffffff; --text: #1c2530; --muted: #5b6875; --rule: #dde2e8; --band: #e6ebf1;
  --primary: #2f6db3; --secondary: #13908a; --failed: #c8373f; --unhealthy: #f0b9a6; --paused: #d5cfe6; --operator: #b9c9a4; --on-colour: #ffffff;
  --good: #1c7c4a; --bad: #b3262e; --unknown: #8a6300; --good-tint: #e4f4ea; --bad-tint: #fbe6e6;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #12171d; --card: #1a2129; --text: #e4e9ef; --muted: #9aa7b4; --rule: #2d3742; --band: #2a3541;
    --primary: #4a8bd6; --secondary: #1f9c94; --failed: #e0545b; --unhealthy: #6e3a30; --paused: #4a4363; --operator: #52623b; --on-colour: #ffffff;
    --good: #5fce93; --bad: #ff8087; --unknown: #e2b64b; --good-tint: #173226; --bad-tint: #3d1d21;
  }
}
@media print {
  :root {
    color-scheme: light;
    --page: #ffffff; --card: #ffffff; --text: #000000; --muted: #444444; --rule: #cccccc; --band: #e6ebf1;
    --primary: #2f6db3; --secondary: #13908a; --failed: #c8373f; --unhealthy: #f0b9a6; --paused: #d5cfe6; --operator: #b9c9a4; --on-colour: #ffffff;
    --good: #1c7c4a; --bad: #b3262e; --unknown: #8a6300; --good-tint: #ffffff; --bad-tint: #ffffff;
  }
  body { font-size: 10pt; }
  section, figure, .figure, tr { break-inside: avoid; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 15px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
main { max-width: 1200px; margin: 0 auto; padding: 20px; }
h1 { font-size: 1.05rem; margin: 0; color: var(--muted); font-weight: 600; }
h2 { font-size: 1.05rem; margin: 0 0 6px; }
p { margin: 4px 0; }
.verdict { font-size: 1.35rem; font-weight: 650; margin: 2px 0 4px; }
.verdict.good { color: var(--good); } .verdict.bad { color: var(--bad); }
.shortcomings { margin: 8px 0; padding: 8px 12px 8px 30px; background: var(--bad-tint); border-radius: 8px; }
.muted, .note { color: var(--muted); font-size: 0.9rem; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(205px, 1fr)); gap: 12px; margin: 14px 0; }
.figure, section, figure { background: var(--card); border: 1px solid var(--rule); border-radius: 10px; padding: 12px 14px; }
.figure { border-top: 4px solid var(--unknown); }
.figure.good { border-top-color: var(--good); } .figure.bad { border-top-color: var(--bad); }
.figure .label { color: var(--muted); font-size: 0.85rem; }
.figure .value { font-size: 1.45rem; font-weight: 650; line-height: 1.25; }
.figure .meaning { font-size: 0.88rem; color: var(--muted); }
figure { margin: 0 0 12px; } figure svg { display: block; width: 100%; height: auto; }
.scroll { overflow-x: auto; }
.scroll > svg { min-width: 760px; }
figcaption { font-size: 0.88rem; color: var(--muted); margin-bottom: 4px; }
.key { display: inline-block; margin-right: 14px; white-space: nowrap; }
.key::before { content: ""; display: inline-block; width: 11px; height: 11px; border-radius: 2px; margin-right: 5px; vertical-align: -1px; background: var(--swatch); }
section { margin: 0 0 12px; }
table { border-collapse: collapse; width: 100%; font-size: 0.9rem; }
th { text-align: left; font-weight: 600; color: var(--muted); border-bottom: 1px solid var(--rule); padding: 3px 10px 3px 0; }
td { border-bottom: 1px solid var(--rule); padding: 4px 10px 4px 0; vertical-align: top; overflow-wrap: break-word; font-variant-numeric: tabular-nums; }
tr:last-child td { border-bottom: 0; }
td.mark { white-space: nowrap; font-weight: 600; }
td.good { color: var(--good); } td.bad { color: var(--bad); } td.unknown { color: var(--unknown); }
#targets td:not(:first-child), #scenarios td:nth-child(n+3), #prediction td:not(:first-child), #moments td:first-child, #invariants td:first-child, #exceptions td:first-child { white-space: nowrap; }
.sides { columns: 2 460px; column-gap: 12px; } .sides section { break-inside: avoid; }
a { color: var(--primary); }
#flip td, #run td, #lost td, #exceptions td, #moments td { overflow-wrap: anywhere; }
@media (max-width: 520px) {
  main { padding: 10px; }
  .scroll > table { min-width: 36rem; }
  #flip table, #run table, #lost table, #moments table { min-width: 0; }
}
`;
