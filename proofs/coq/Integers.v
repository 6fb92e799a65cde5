(** Integers among the data, such as tokens and classes, as their one-hot rows.

    The language of Equations.v reads no position from data.  What a certificate reads at an integer of the data, W[k[i], c],
    is written as a sum over the row of that integer, Sum_v K[i, v] W[v, c], and the bracket [j = k[i]] as K[i, j], where
    K[i, v] is 1 if v = k[i] and 0 otherwise.  A network's theorem holds for all data, so for these; here it is proved that
    its equations then are the ones with the integers. *)

From Coq Require Import Reals List Arith Lia Bool ZArith.
From Dyadic Require Import Equations.
Import ListNotations.
Open Scope R_scope.

Section Integers.
  Variable F : functions.
  Variable dims : name -> list Z.

  (** The tensor t holds the rows, of length n, of the integers [integer r], r numbering the entries. *)
  Definition holds_rows (T : tensors) (t : name) (n : nat) (integer : Z -> Z) : Prop :=
    forall r v, In v (zrange 0 n) -> T t (r * Z.of_nat n + v)%Z = if (v =? integer r)%Z then 1 else 0.

  Lemma flat_row : forall d is r v n, flat d is = Some r -> In v (zrange 0 n) ->
    flat (d ++ [Z.of_nat n]) (is ++ [v]) = Some (r * Z.of_nat n + v)%Z.
  Proof.
    induction d as [|m d IH]; intros is r v n H Hv; destruct is as [|i is]; cbn [flat app] in *; try discriminate.
    - injection H as <-. apply in_zrange in Hv. assert (E : ((0 <=? v) && (v <? Z.of_nat n))%Z = true).
      { apply andb_true_intro. split; [apply Z.leb_le | apply Z.ltb_lt]; lia. }
      rewrite E. f_equal. unfold zsize. cbn [fold_right]. lia.
    - destruct ((0 <=? i) && (i <? m))%Z; [|discriminate]. destruct (flat d is) as [q|] eqn:Eq; [|discriminate].
      injection H as <-. rewrite (IH is q v n Eq Hv). f_equal.
      assert (E : zsize (d ++ [Z.of_nat n]) = (zsize d * Z.of_nat n)%Z).
      { clear. unfold zsize. induction d as [|a d IHd]; cbn [app fold_right]; [lia|]. rewrite IHd. lia. }
      rewrite E. lia.
  Qed.

  Variable t : name.
  Variable d : list Z.             (* the shape of the tensor of integers *)
  Variable n : nat.                (* below which they are *)
  Hypothesis rows : shape dims t = d ++ [Z.of_nat n].

  (** The bracket [i = k[is]]. *)
  Theorem bracket_of_an_integer : forall T e integer is r i, holds_rows T t n integer ->
    flat d (map (eval_index e) is) = Some r -> In (eval_index e i) (zrange 0 n) ->
    eval F dims T e (Entry t (is ++ [i])) = if (eval_index e i =? integer r)%Z then 1 else 0.
  Proof.
    intros T e integer is r i H Hr Hi. cbn [eval]. rewrite rows, map_app. cbn [map].
    rewrite (flat_row _ _ _ _ _ Hr Hi). now apply H.
  Qed.

  (** What stands at the position k[is], the index j, which the positions [is] do not mention, being that position. *)
  Theorem read_at_an_integer : forall T e integer is r j a, holds_rows T t n integer ->
    (forall v, map (eval_index (set e j v)) is = map (eval_index e) is) ->
    flat d (map (eval_index e) is) = Some r -> In (integer r) (zrange 0 n) ->
    eval F dims T e (Sum j n (Mul (Entry t (is ++ [Index j])) a)) = eval F dims T (set e j (integer r)) a.
  Proof.
    intros T e integer is r j a H Hj Hr Hk. cbn [eval].
    transitivity (sum_list (zrange 0 n) (fun v => if (v =? integer r)%Z then eval F dims T (set e j (integer r)) a else 0)).
    - apply sum_list_ext. intros v Hv. change (match flat _ _ with Some p => T t p | None => 0 end)
        with (eval F dims T (set e j v) (Entry t (is ++ [Index j]))).
      assert (Ej : eval_index (set e j v) (Index j) = v) by (cbn [eval_index]; unfold set; now rewrite Nat.eqb_refl).
      rewrite (bracket_of_an_integer T (set e j v) integer is r (Index j) H); [|now rewrite Hj | now rewrite Ej].
      rewrite Ej. destruct (Z.eqb_spec v (integer r)) as [->|E]; ring.
    - clear - Hk. assert (G : forall m a', In (integer r) (zrange a' m) -> forall c, sum_list (zrange a' m) (fun v => if (v =? integer r)%Z then c else 0) = c).
      { induction m as [|m IH]; intros a' Hin c; [destruct Hin|]. cbn [zrange]. rewrite sum_list_cons.
        destruct (Z.eqb_spec a' (integer r)) as [->|E].
        - rewrite sum_list_zero; [ring|]. intros v Hv. apply in_zrange in Hv. destruct (Z.eqb_spec v (integer r)); [lia | reflexivity].
        - destruct Hin as [Hin|Hin]; [contradiction|]. rewrite (IH _ Hin). ring. }
      now apply G.
  Qed.
End Integers.
