<p>Push {$domain|escape} to: {$target|escape}</p>
