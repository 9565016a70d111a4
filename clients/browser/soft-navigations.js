// Stands in for the module of web-vitals that reports soft navigations, a draft that this script does not ask for:
// with it the code that depends on it goes.
export const checkSoftNavsEnabled = () => false;
export const storeSoftNavEntry = () => {};
