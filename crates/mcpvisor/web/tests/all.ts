// What `npm test` runs: parts of the page that need no browser.
import "./format.test";
import "./order.test";
import "./series.test";
