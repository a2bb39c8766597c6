<pre>{$box|escape}$ {$command|escape}</pre>
<form method="post" action="clientarea.php?action=productdetails&amp;id={$serviceid}&amp;modop=custom&amp;a=console"><input name="command"></form>
