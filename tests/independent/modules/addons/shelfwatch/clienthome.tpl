<ul>{foreach from=$items item=item}<li>{$item|escape}</li>{foreachelse}<li>Nothing yet</li>{/foreach}</ul>
{if $wanted}<p>Wanted: {$wanted|escape}</p>{/if}
<form method="post" action="{$link}"><input name="wanted"></form>
