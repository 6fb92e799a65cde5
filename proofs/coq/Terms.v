(** Expressions and their tangents as lists of terms: products under one sum over all their indices.

    A term is a product of numbers and factors, summed over a box of integer vectors, where its guards hold.  Its variables
    are numbered by their places in the vector, so that no name can be captured: [place] says, for the variables of an
    expression of Equations.v, where they stand.  [expand] and [expand_tangent] distribute products over sums; how long the
    sums are does not matter to them, so the sizes may be variables of Coq. *)

From Coq Require Import Reals List Arith Lia Bool ZArith QArith Qreals Lra FunctionalExtensionality.
From Dyadic Require Import Logarithm Equations Derivatives Polynomials Boxes.
Import ListNotations.
Open Scope R_scope.

Definition place := nat -> option nat.
Definition placed (m : place) (k i : nat) : place := fun j => if Nat.eqb j k then Some i else m j.
Definition environment (m : place) (x : list Z) : env := fun k => match m k with Some i => nth i x 0%Z | None => 0%Z end.

Inductive factor :=
| Value (m : place) (a : expr)                            (* an expression *)
| Direction (m : place) (t : name) (is : list index).     (* an entry of the direction *)
Record term := Term { numbers : list Q; extents : list nat; guards : list (place * bracket); factors : list factor }.

Definition times_number (q : Q) (t : term) : term := Term (q :: numbers t) (extents t) (guards t) (factors t).
Definition times_guard (m : place) (b : bracket) (t : term) : term := Term (numbers t) (extents t) ((m, b) :: guards t) (factors t).
Definition times_factor (f : factor) (t : term) : term := Term (numbers t) (extents t) (guards t) (f :: factors t).
Definition summed (n : nat) (t : term) : term := Term (numbers t) (extents t ++ [n]) (guards t) (factors t).
Definition variables (t : term) : nat := length (extents t).

Fixpoint expand (a : expr) (m : place) (t : term) : list term :=
  match a with
  | Number q => [times_number q t]
  | Add a b => expand a m t ++ expand b m t
  | Mul a b => flat_map (expand b m) (expand a m t)
  | Sum k n a => expand a (placed m k (variables t)) (summed n t)
  | Bracket b => [times_guard m b t]
  | _ => [times_factor (Value m a) t]
  end.
Fixpoint expand_tangent (a : expr) (m : place) (t : term) : list term :=
  match a with
  | Entry s is => if moves s then [times_factor (Direction m s is) t] else []
  | Add a b => expand_tangent a m t ++ expand_tangent b m t
  | Mul a b => flat_map (expand b m) (expand_tangent a m t) ++ flat_map (expand_tangent b m) (expand a m t)
  | Apply f o a => map (times_factor (Value m (Apply f (S o) a))) (expand_tangent a m t)
  | Sum k n a => expand_tangent a (placed m k (variables t)) (summed n t)
  | _ => []
  end.
(** No maximum or log-sum-exp, but among the arguments of functions: their tangents are not products. *)
Fixpoint distributes (a : expr) : bool :=
  match a with
  | Number _ | Entry _ _ | Bracket _ | IndexIs _ _ => true
  | Add a b | Mul a b => distributes a && distributes b
  | Apply _ _ a | Sum _ _ a => distributes a
  | LogSumExp _ _ _ _ | Maximum _ _ _ _ | ArgMax _ _ _ _ => false
  end.

Section Terms.
  Variable F : functions.
  Variable dims : name -> list Z.
  Variable T D : tensors.
  Hypothesis still : forall t p, moves t = false -> D t p = 0.

  Definition read (U : tensors) (e : env) (t : name) (is : list index) : R :=
    match flat (shape dims t) (map (eval_index e) is) with Some p => U t p | None => 0 end.
  Definition factor_value (x : list Z) (f : factor) : R :=
    match f with
    | Value m a => eval F dims T (environment m x) a
    | Direction m t is => read D (environment m x) t is
    end.
  Definition product {A : Type} (g : A -> R) (l : list A) : R := fold_right (fun a acc => g a * acc) 1 l.
  Definition guarded (t : term) (x : list Z) : bool := forallb (fun g => holds (environment (fst g) x) (snd g)) (guards t).
  (** What is summed, but for the numbers. *)
  Definition bare (t : term) (x : list Z) : R := if guarded t x then product (factor_value x) (factors t) else 0.
  Definition bare_sum (t : term) : R := sum_list (box (extents t)) (bare t).
  Definition number_of (t : term) : R := product Q2R (numbers t).
  Definition term_value (t : term) : R := number_of t * bare_sum t.
  (** The term's value with another factor under its sum. *)
  Definition value_with (h : list Z -> R) (t : term) : R :=
    sum_list (box (extents t)) (fun x => number_of t * bare t x * h x).

  Definition within (n : nat) (m : place) : Prop := forall k i, m k = Some i -> (i < n)%nat.
  Definition factor_place (f : factor) : place := match f with Value m _ | Direction m _ _ => m end.
  Definition scoped (t : term) : Prop :=
    (forall g, In g (guards t) -> within (variables t) (fst g)) /\ (forall f, In f (factors t) -> within (variables t) (factor_place f)).
  (** h depends on the first n variables only. *)
  Definition local (n : nat) (h : list Z -> R) : Prop := forall x y, length x = n -> h (x ++ y) = h x.

  Lemma within_more : forall n n' m, within n m -> (n <= n')%nat -> within n' m.
  Proof. intros n n' m H Hn k i Hk. apply H in Hk. lia. Qed.
  Lemma within_placed : forall n m k, within n m -> within (S n) (placed m k n).
  Proof. intros n m k H j i Hj. unfold placed in Hj. destruct (Nat.eqb j k); [injection Hj as <-; lia | apply H in Hj; lia]. Qed.
  Lemma environment_more : forall n m x y, within n m -> length x = n -> environment m (x ++ y) = environment m x.
  Proof.
    intros n m x y H Hx. apply functional_extensionality. intro k. unfold environment. destruct (m k) as [i|] eqn:E; [|reflexivity].
    apply H in E. apply app_nth1. lia.
  Qed.
  Lemma environment_placed : forall n m k x v, within n m -> length x = n ->
    environment (placed m k n) (x ++ [v]) = set (environment m x) k v.
  Proof.
    intros n m k x v H Hx. apply functional_extensionality. intro j. unfold environment, placed, set.
    destruct (Nat.eqb j k).
    - rewrite app_nth2 by lia. rewrite Hx, Nat.sub_diag. reflexivity.
    - destruct (m j) as [i|] eqn:E; [|reflexivity]. apply H in E. apply app_nth1. lia.
  Qed.
  Lemma local_more : forall n n' h, local n h -> (n <= n')%nat -> local n' h.
  Proof.
    intros n n' h H Hn x y Hx. rewrite <- (firstn_skipn n x), <- app_assoc.
    assert (length (firstn n x) = n) by (rewrite firstn_length; lia). now rewrite !H.
  Qed.
  Lemma local_times : forall n g h, local n g -> local n h -> local n (fun x => g x * h x).
  Proof. intros n g h Hg Hh x y Hx. now rewrite Hg, Hh. Qed.
  Lemma local_eval : forall n m a, within n m -> local n (fun x => eval F dims T (environment m x) a).
  Proof. intros n m a H x y Hx. now rewrite (environment_more n). Qed.
  Lemma local_tangent : forall n m a, within n m -> local n (fun x => tangent F dims T D (environment m x) a).
  Proof. intros n m a H x y Hx. now rewrite (environment_more n). Qed.
  Lemma bare_local : forall t, scoped t -> local (variables t) (bare t).
  Proof.
    intros t [Hg Hf] x y Hx. unfold bare, guarded.
    assert (E : forallb (fun g => holds (environment (fst g) (x ++ y)) (snd g)) (guards t) =
                forallb (fun g => holds (environment (fst g) x) (snd g)) (guards t)).
    { clear Hf. induction (guards t) as [|g gs IH]; [reflexivity|]. cbn [forallb].
      rewrite IH by (intros; apply Hg; now right). rewrite (environment_more (variables t)) by (try exact Hx; apply Hg; now left). reflexivity. }
    rewrite E. clear E Hg. destruct (forallb _ (guards t)); [|reflexivity].
    induction (factors t) as [|f fs IH]; [reflexivity|]. cbn [product fold_right]. f_equal.
    - specialize (Hf f (or_introl eq_refl)). destruct f; cbn [factor_value factor_place] in *; now rewrite (environment_more (variables t)).
    - apply IH. intros. apply Hf. now right.
  Qed.

  Lemma value_with_ext : forall t g h, (forall x, length x = variables t -> g x = h x) -> value_with g t = value_with h t.
  Proof. intros t g h H. apply sum_list_ext. intros x Hx. rewrite H; [reflexivity|]. now apply boxed_length, in_box. Qed.
  Lemma times_number_value : forall q t h, value_with h (times_number q t) = value_with (fun x => Q2R q * h x) t.
  Proof.
    intros q t h. apply sum_list_ext. intros x _. change (number_of (times_number q t)) with (Q2R q * number_of t).
    change (bare (times_number q t) x) with (bare t x). ring.
  Qed.
  Lemma times_guard_value : forall m b t h,
    value_with h (times_guard m b t) = value_with (fun x => (if holds (environment m x) b then 1 else 0) * h x) t.
  Proof.
    intros m b t h. apply sum_list_ext. intros x _. change (number_of (times_guard m b t)) with (number_of t).
    change (bare (times_guard m b t) x) with (if holds (environment m x) b && guarded t x then product (factor_value x) (factors t) else 0).
    unfold bare. destruct (holds (environment m x) b); cbn [andb]; ring.
  Qed.
  Lemma times_factor_value : forall f t h, value_with h (times_factor f t) = value_with (fun x => factor_value x f * h x) t.
  Proof.
    intros f t h. apply sum_list_ext. intros x _. change (number_of (times_factor f t)) with (number_of t).
    change (bare (times_factor f t) x) with (if guarded t x then factor_value x f * product (factor_value x) (factors t) else 0).
    unfold bare. destruct (guarded t x); ring.
  Qed.
  Lemma summed_value : forall n t h, scoped t ->
    value_with h (summed n t) = value_with (fun x => sum_list (zrange 0 n) (fun v => h (x ++ [v]))) t.
  Proof.
    intros n t h Hs. unfold value_with. cbn [summed extents]. rewrite sum_box_last. apply sum_list_ext. intros x Hx.
    apply in_box, boxed_length in Hx. rewrite <- sum_list_scal. apply sum_list_ext. intros v _.
    change (number_of (summed n t)) with (number_of t). change (bare (summed n t) (x ++ [v])) with (bare t (x ++ [v])).
    now rewrite (bare_local t Hs).
  Qed.
  Lemma scoped_number : forall q t, scoped t -> scoped (times_number q t).
  Proof. intros q t H. exact H. Qed.
  Lemma scoped_guard : forall m b t, scoped t -> within (variables t) m -> scoped (times_guard m b t).
  Proof. intros m b t [Hg Hf] Hm. split; [intros g [<-|H]; [exact Hm | now apply Hg] | exact Hf]. Qed.
  Lemma scoped_factor : forall f t, scoped t -> within (variables t) (factor_place f) -> scoped (times_factor f t).
  Proof. intros f t [Hg Hf] Hm. split; [exact Hg | intros g [<-|H]; [exact Hm | now apply Hf]]. Qed.
  Lemma variables_summed : forall n t, variables (summed n t) = S (variables t).
  Proof. intros n t. unfold variables. cbn [summed extents]. rewrite app_length. simpl. lia. Qed.
  Lemma scoped_summed : forall n t, scoped t -> scoped (summed n t).
  Proof.
    intros n t [Hg Hf]. split; intros ? H; rewrite variables_summed; (eapply within_more; [|apply Nat.le_succ_diag_r]).
    - now apply Hg.
    - now apply Hf.
  Qed.

  (** Every term of a list is well scoped, and has at least n variables. *)
  Definition all_scoped (n : nat) (l : list term) : Prop := forall t, In t l -> scoped t /\ (n <= variables t)%nat.
  Lemma all_scoped_app : forall n l l', all_scoped n l -> all_scoped n l' -> all_scoped n (l ++ l').
  Proof. intros n l l' H H' t Hin. apply in_app_or in Hin as [Hin|Hin]; auto. Qed.
  Lemma all_scoped_flat_map : forall n l g, all_scoped n l ->
    (forall t, scoped t -> (n <= variables t)%nat -> all_scoped (variables t) (g t)) -> all_scoped n (flat_map g l).
  Proof.
    intros n l g Hl Hg t Hin. apply in_flat_map in Hin as (u & Hu & Hin). destruct (Hl u Hu) as [Hs Hn].
    destruct (Hg u Hs Hn t Hin) as [H1 H2]. split; [exact H1 | lia].
  Qed.
  Lemma all_scoped_one : forall n t, scoped t -> (n <= variables t)%nat -> all_scoped n [t].
  Proof. intros n t H Hn u [<-|[]]. now split. Qed.

  Lemma expand_scoped : forall a m t, scoped t -> within (variables t) m -> all_scoped (variables t) (expand a m t).
  Proof.
    induction a; intros m u Hs Hm; cbn [expand]; try (apply all_scoped_one; [now apply scoped_factor | reflexivity]).
    - apply all_scoped_one; [now apply scoped_number | reflexivity].
    - apply all_scoped_app; auto.
    - apply all_scoped_flat_map; [now apply IHa1|]. intros w Hw Hn. apply IHa2; [exact Hw | now apply (within_more (variables u))].
    - intros w Hw. apply IHa in Hw; [|now apply scoped_summed | rewrite variables_summed; now apply within_placed].
      rewrite variables_summed in Hw. split; [apply Hw | destruct Hw; lia].
    - apply all_scoped_one; [now apply scoped_guard | reflexivity].
  Qed.
  Theorem expand_value : forall a m t h, scoped t -> within (variables t) m -> local (variables t) h ->
    sum_list (expand a m t) (value_with h) = value_with (fun x => eval F dims T (environment m x) a * h x) t.
  Proof.
    assert (One : forall (g : term -> R) t, sum_list [t] g = g t) by (intros; unfold sum_list; simpl; ring).
    induction a as [q|s is|a IHa b IHb|a IHa b IHb|f o a IH|k n a IH|k n gs a IH|k n gs a IH|k n gs a IH|i a IH|b];
      intros m t h Hs Hm Hh; cbn [expand]; rewrite ?One, ?times_factor_value; try reflexivity.
    - now rewrite times_number_value.
    - rewrite sum_list_app, IHa, IHb by assumption. unfold value_with. rewrite <- sum_list_plus. apply sum_list_ext. intros x _.
      cbn [eval]. ring.
    - rewrite sum_flat_map.
      rewrite (sum_list_ext term _ _ (value_with (fun x => eval F dims T (environment m x) b * h x))).
      + rewrite IHa; [|assumption|assumption|now apply local_times; [apply local_eval|]].
        apply value_with_ext. intros x _. cbn [eval]. ring.
      + intros u Hu. destruct (expand_scoped a m t Hs Hm u Hu) as [Hus Hn].
        apply IHb; [exact Hus | now apply (within_more (variables t)) | now apply (local_more (variables t))].
    - rewrite IH; [| now apply scoped_summed | rewrite variables_summed; now apply within_placed
                   | rewrite variables_summed; now apply (local_more (variables t)); [|lia]].
      rewrite summed_value by exact Hs. apply value_with_ext. intros x Hx. cbn [eval]. rewrite <- sum_list_scal_r.
      apply sum_list_ext. intros v _. rewrite (environment_placed (variables t)) by assumption. now rewrite Hh.
    - now rewrite times_guard_value.
  Qed.

  Lemma expand_tangent_scoped : forall a m t, scoped t -> within (variables t) m -> all_scoped (variables t) (expand_tangent a m t).
  Proof.
    induction a; intros m u Hs Hm; cbn [expand_tangent]; try (now intros ? []).
    - destruct (moves t); [|now intros ? []]. apply all_scoped_one; [now apply scoped_factor | reflexivity].
    - apply all_scoped_app; auto.
    - apply all_scoped_app.
      + apply all_scoped_flat_map; [now apply IHa1|]. intros w Hw Hn. apply expand_scoped; [exact Hw | now apply (within_more (variables u))].
      + apply all_scoped_flat_map; [now apply expand_scoped|]. intros w Hw Hn. apply IHa2; [exact Hw | now apply (within_more (variables u))].
    - intros w Hw. apply in_map_iff in Hw as (w' & <- & Hw). destruct (IHa m u Hs Hm w' Hw) as [H1 H2].
      split; [|exact H2]. apply scoped_factor; [exact H1|]. now apply (within_more (variables u)).
    - intros w Hw. apply IHa in Hw; [|now apply scoped_summed | rewrite variables_summed; now apply within_placed].
      rewrite variables_summed in Hw. split; [apply Hw | destruct Hw; lia].
  Qed.
  Theorem expand_tangent_value : forall a m t h, distributes a = true -> scoped t -> within (variables t) m -> local (variables t) h ->
    sum_list (expand_tangent a m t) (value_with h) = value_with (fun x => tangent F dims T D (environment m x) a * h x) t.
  Proof.
    assert (One : forall (g : term -> R) t, sum_list [t] g = g t) by (intros; unfold sum_list; simpl; ring).
    assert (None : forall t h, sum_list (@nil term) (value_with h) = value_with (fun x => 0 * h x) t).
    { intros t h. unfold value_with. symmetry. apply sum_list_zero. intros. ring. }
    induction a as [q|s is|a IHa b IHb|a IHa b IHb|f o a IH|k n a IH|k n gs a IH|k n gs a IH|k n gs a IH|i a IH|b];
      intros m t h Hd Hs Hm Hh; cbn [expand_tangent distributes] in *; try discriminate; try (apply None).
    - destruct (moves s) eqn:Hmoves.
      + rewrite One, times_factor_value. reflexivity.
      + rewrite (None t). apply value_with_ext. intros x _. cbn [tangent]. destruct (flat _ _); [now rewrite still | reflexivity].
    - apply andb_prop in Hd as [Ha Hb]. rewrite sum_list_app, IHa, IHb by assumption. unfold value_with. rewrite <- sum_list_plus.
      apply sum_list_ext. intros x _. cbn [tangent]. ring.
    - apply andb_prop in Hd as [Ha Hb]. rewrite sum_list_app, !sum_flat_map.
      rewrite (sum_list_ext term (expand_tangent a m t) _ (value_with (fun x => eval F dims T (environment m x) b * h x))).
      2:{ intros u Hu. destruct (expand_tangent_scoped a m t Hs Hm u Hu) as [Hus Hn].
          apply expand_value; [exact Hus | now apply (within_more (variables t)) | now apply (local_more (variables t))]. }
      rewrite (sum_list_ext term (expand a m t) _ (value_with (fun x => tangent F dims T D (environment m x) b * h x))).
      2:{ intros u Hu. destruct (expand_scoped a m t Hs Hm u Hu) as [Hus Hn].
          apply IHb; [exact Hb | exact Hus | now apply (within_more (variables t)) | now apply (local_more (variables t))]. }
      rewrite IHa, expand_value by (try assumption; apply local_times; auto using local_eval, local_tangent).
      unfold value_with. rewrite <- sum_list_plus. apply sum_list_ext. intros x _. cbn [tangent]. ring.
    - rewrite sum_list_map.
      rewrite (sum_list_ext term _ _ (value_with (fun x => F f (S o) (eval F dims T (environment m x) a) * h x)))
        by (intros u _; now rewrite times_factor_value).
      rewrite IH; [|assumption|assumption|assumption|].
      + apply value_with_ext. intros x _. cbn [tangent]. ring.
      + apply local_times; [|exact Hh]. intros x y Hx. now rewrite (environment_more (variables t)).
    - rewrite IH; [| exact Hd | now apply scoped_summed | rewrite variables_summed; now apply within_placed
                   | rewrite variables_summed; now apply (local_more (variables t)); [|lia]].
      rewrite summed_value by exact Hs. apply value_with_ext. intros x Hx. cbn [tangent]. rewrite <- sum_list_scal_r.
      apply sum_list_ext. intros v _. rewrite (environment_placed (variables t)) by assumption. now rewrite Hh.
  Qed.
End Terms.
