<h3>{$LANG.boxlaneheading|default:'Your box'} {$box|escape}</h3>
<p>{if $services > 1}One of {$services} services{else}Your only service{/if} at {$companyname}.</p>
<form method="post" action="clientarea.php?action=productdetails">
<input type="hidden" name="id" value="{$serviceid}"><input type="hidden" name="customAction" value="manage"><button>{lang key='manage'}</button>
</form>
