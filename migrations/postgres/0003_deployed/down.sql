UPDATE rollups SET ever_delivered = delivered + distributed;
