// What the pages draw with: plotly's core (scatter is in it) and six more kinds of trace.
import Plotly from "plotly.js/lib/core";
import bar from "plotly.js/lib/bar";
import box from "plotly.js/lib/box";
import funnel from "plotly.js/lib/funnel";
import heatmap from "plotly.js/lib/heatmap";
import indicator from "plotly.js/lib/indicator";
import sankey from "plotly.js/lib/sankey";

Plotly.register([bar, box, funnel, heatmap, indicator, sankey]);

export const { newPlot, react, relayout, restyle, purge, toImage, version, Plots } = Plotly;
