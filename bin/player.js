const { whole, keep } = require('./load.js').load('player');
whole.heap().letHeapGrow();
whole.player().play(keep);
