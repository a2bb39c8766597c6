<p>{$plan|escape} {$plan nofilter} {foreach $names as $name}{$name|ucfirst}{if !$name@last}, {/if}{/foreach} #{$serviceid}</p>
<p>{lang key="some.text"} {routePath('store-order', 'a b')} {"%s!"|sprintf2:"hi"} {$companyname}</p>
