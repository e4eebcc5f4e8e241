require('./load.js').load('host').whole.host().serveHosted();
