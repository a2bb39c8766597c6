{$wharf nofilter}
