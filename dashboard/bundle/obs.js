// What every page with a chart draws with: plotly's core (scatter is in it) and bars. Other kinds are parts: build.mjs.
import Plotly from "plotly.js/lib/core";
import bar from "plotly.js/lib/bar";

Plotly.register([bar]);

export const { newPlot, react, relayout, restyle, purge, register, toImage, version, Plots } = Plotly;
